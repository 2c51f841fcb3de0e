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
with years as (
    select
        customer_id,
        make_date(year(date), 1, 1) as year,
        min(date) as first_day,
        sum(bought) as purchases,
        sum(net_sales) as net_sales,
        sum(gross_sales) as gross_sales,
        sum(sales) as sales
    from customer_days
    where date <= :as_of
    group by customer_id, make_date(year(date), 1, 1)
),

firsts as (
    select customer_id, min(case when purchases > 0 then year end) as first_year
    from years
    group by customer_id
)

select
    year,
    min(first_day) as first_day,
    count(case when purchases > 0 then 1 end) as customers,
    count(case when purchases > 0 and year = first_year then 1 end) as new_customers,
    cast(sum(purchases) as bigint) as purchases,
    sum(net_sales) as net_sales,
    sum(gross_sales) as gross_sales,
    sum(sales - gross_sales) as discounts
from years
inner join firsts on firsts.customer_id = years.customer_id
group by year
order by year
