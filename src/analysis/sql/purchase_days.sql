-- One row per customer and day with a sale, up to :as_of, of customers with three such days or more.
--
-- customer_id, date
with days as (
    select distinct customer_id, date
    from transactions
    where kind = 'sale' and date <= :as_of
),

counted as (
    select customer_id, date, count(*) over (partition by customer_id) as purchase_days
    from days
)

select customer_id, date
from counted
where purchase_days >= 3
order by customer_id, date
