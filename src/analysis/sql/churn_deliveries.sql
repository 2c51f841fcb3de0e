-- One row per customer, day of order and day of arrival, of the deliveries ordered after :year_ago and up to :as_of.
--
-- customer_id
-- ordered, delivered   dates; delivered is NULL where it was still under way on :as_of
-- deliveries           how many
select
    customer_id,
    ordered,
    case when delivered <= :as_of then delivered end as delivered,
    count(*) as deliveries
from deliveries
where customer_id is not null and ordered > :year_ago and ordered <= :as_of
group by customer_id, ordered, case when delivered <= :as_of then delivered end
order by customer_id, ordered nulls last, delivered nulls last
