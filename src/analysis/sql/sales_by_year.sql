-- One row per calendar year with a transaction up to :as_of.
--
-- year            1 January
-- first_day       first day with a transaction
-- customers       customers who bought
-- new_customers   those of them whose first purchase ever lies in it
-- purchases       purchase days: a customer who buys twice on a day counts once
-- net_sales       money sold less returns and cancellations
-- gross_sales     money of sales before discounts
-- discounts       taken off on the sale (0 or negative)
with days as (
    select
        customer_id,
        date,
        max(case when kind = 'sale' then 1 else 0 end) as bought,
        sum(amount) as net_sales,
        sum(case when kind = 'sale' then coalesce(gross_amount, amount + coalesce(discount, 0)) else 0 end) as gross,
        sum(case when kind = 'sale' then amount else 0 end) as sales
    from transactions
    where date <= :as_of
    group by customer_id, date
),

firsts as (
    select customer_id, min(case when bought = 1 then date end) as first_purchase
    from days
    group by customer_id
),

counted as (
    select
        make_date(year(days.date), 1, 1) as year,
        days.*,
        case when days.date = firsts.first_purchase then 1 else 0 end as is_first
    from days
    inner join firsts on firsts.customer_id = days.customer_id
)

select
    year,
    min(date) as first_day,
    count(distinct case when bought = 1 then customer_id end) as customers,
    count(case when bought * is_first = 1 then 1 end) as new_customers,
    count(case when bought = 1 then 1 end) as purchases,
    sum(net_sales) as net_sales,
    sum(gross) as gross_sales,
    sum(sales - gross) as discounts
from counted
group by year
order by year
