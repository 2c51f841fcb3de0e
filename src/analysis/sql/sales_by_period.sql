-- One row per period (:months is its length: 1, 3, 6 or 12) with a transaction up to :as_of.
--
-- period      first day of the period
-- first_day   first and
-- last_day    last day with a transaction in it
-- customers   customers who bought
-- purchases   purchase days: a customer who buys twice on a day counts once
-- sales       money sold, net of discounts
-- net_sales   the same less returns and cancellations
with customers as (
    select
        customer_id,
        make_date(year(date), month(date) - (month(date) - 1) % :months, 1) as period,
        min(date) as first_day,
        max(date) as last_day,
        sum(bought) as purchases,
        sum(sales) as sales,
        sum(net_sales) as net_sales
    from customer_days
    where date <= :as_of
    group by customer_id, make_date(year(date), month(date) - (month(date) - 1) % :months, 1)
)

select
    period,
    min(first_day) as first_day,
    max(last_day) as last_day,
    count(case when purchases > 0 then 1 end) as customers,
    cast(sum(purchases) as bigint) as purchases,
    sum(sales) as sales,
    sum(net_sales) as net_sales
from customers
group by period
order by period
