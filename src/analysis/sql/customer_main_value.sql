-- One row per customer with sales of a known value of :column in the twelve months to :as_of.
--
-- :column is salesperson, channel, category or product_id
-- customer_id
-- value   the one with most of their net sales in these months; the first by name where there are several
with valued as (
    select
        customer_id,
        case cast(:column as string)
            when 'salesperson' then salesperson
            when 'channel' then channel
            when 'category' then category
            when 'product_id' then product_id
        end as value,
        amount
    from transactions
    where
        date <= :as_of
        and year(date) * 10000 + month(date) * 100 + day(date)
        > (year(cast(:as_of as date)) - 1) * 10000 + month(cast(:as_of as date)) * 100 + day(cast(:as_of as date))
),

totals as (
    select customer_id, value, sum(amount) as net_sales
    from valued
    where value is not null
    group by customer_id, value
),

ranked as (
    select
        customer_id,
        value,
        row_number() over (partition by customer_id order by net_sales desc, value) as place
    from totals
)

select customer_id, value
from ranked
where place = 1
order by customer_id
