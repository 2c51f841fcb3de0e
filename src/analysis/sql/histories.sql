-- One row per history of purchases up to :as_of: those who share it are counted.
--
-- x                               repeat purchases: purchase days after the first
-- first_purchase, last_purchase   dates
-- customers                       how many share it
with histories as (
    select
        customer_id,
        count(*) - 1 as x,
        min(date) as first_purchase,
        max(date) as last_purchase
    from customer_days
    where bought = 1 and date <= :as_of
    group by customer_id
)

select
    x,
    first_purchase,
    last_purchase,
    count(*) as customers
from histories
group by x, first_purchase, last_purchase
order by x, first_purchase, last_purchase
