-- One row per customer with sales by a known salesperson in the twelve months to :as_of.
--
-- customer_id
-- salesperson   the one with most of their net sales in these months; the first by name where there are several
with sellers as (
    select customer_id, salesperson, sum(amount) as net_sales
    from transactions
    where
        salesperson is not null
        and date <= :as_of
        and year(date) * 10000 + month(date) * 100 + day(date)
        > (year(cast(:as_of as date)) - 1) * 10000 + month(cast(:as_of as date)) * 100 + day(cast(:as_of as date))
    group by customer_id, salesperson
),

ranked as (
    select
        customer_id,
        salesperson,
        row_number() over (partition by customer_id order by net_sales desc, salesperson) as place
    from sellers
)

select customer_id, salesperson
from ranked
where place = 1
order by customer_id
