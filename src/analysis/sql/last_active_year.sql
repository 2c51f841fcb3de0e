-- One row per customer who bought up to :as_of: its last active year, the twelve months to its last purchase.
--
-- customer_id
-- last_year_sales   money sold in these months, less what was returned in them or later
-- last_purchase     date
with lasts as (
    select customer_id, max(date) as last_purchase
    from customer_days
    where bought = 1 and date <= :as_of
    group by customer_id
)

select customer_days.customer_id, sum(net_sales) as last_year_sales, last_purchase
from customer_days
inner join lasts on lasts.customer_id = customer_days.customer_id
where
    date <= :as_of
    and year(date) * 10000 + month(date) * 100 + day(date)
    > (year(last_purchase) - 1) * 10000 + month(last_purchase) * 100 + day(last_purchase)
group by customer_days.customer_id, last_purchase
order by customer_days.customer_id
