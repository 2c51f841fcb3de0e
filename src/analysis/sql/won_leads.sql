-- One row per lead that was won after :since, up to :as_of.
--
-- lead_id
-- customer_id   what it is called as a customer; NULL where not known
select lead_id, max(customer_id) as customer_id
from leads
where won > :since and won <= :as_of
group by lead_id
order by lead_id
