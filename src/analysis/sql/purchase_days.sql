-- One row per customer and day with a sale, up to :as_of, of customers with three such days or more.
--
-- customer_id, date
with counted as (
    select customer_id, date, count(*) over (partition by customer_id) as purchase_days
    from customer_days
    where bought = 1 and date <= :as_of
)

select customer_id, date
from counted
where purchase_days >= 3
order by customer_id, date
