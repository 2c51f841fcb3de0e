-- One row per customer, calendar year and part of it with a transaction up to :as_of.
--
-- customer_id
-- year
-- later       0 up to the month and day of :as_of, 1 after them
-- first_day   first day with a transaction
-- net_sales   money sold less returns and cancellations
with placed as (
    select
        customer_id,
        date,
        net_sales,
        case
            when
                month(date) * 100 + day(date)
                > month(cast(:as_of as date)) * 100 + day(cast(:as_of as date))
                then 1
            else 0
        end as later
    from customer_days
    where date <= :as_of
)

select customer_id, year(date) as year, later, min(date) as first_day, sum(net_sales) as net_sales
from placed
group by customer_id, year(date), later
order by customer_id, year(date), later
