-- One row per cohort and period with a transaction up to :as_of. A cohort is the customers whose first
-- purchase was in the same period (:months is its length: 1, 3, 6 or 12).
--
-- cohort      first day of the period of the first purchase
-- period      first day of the period described
-- customers   customers of the cohort who bought in it
-- purchases   their purchase days
-- net_sales   their sales less returns and cancellations
-- Customers who only ever returned have no first purchase and so no cohort.
with customer_days as (
    select
        customer_id,
        make_date(year(date), month(date) - (month(date) - 1) % :months, 1) as period,
        case when kind = 'sale' then date end as purchase_day,
        sum(amount) as net_sales
    from transactions
    where date <= :as_of
    group by
        customer_id,
        make_date(year(date), month(date) - (month(date) - 1) % :months, 1),
        case when kind = 'sale' then date end
),

firsts as (
    select customer_id, min(purchase_day) as date
    from customer_days
    where purchase_day is not null
    group by customer_id
),

members as (
    select customer_id, make_date(year(date), month(date) - (month(date) - 1) % :months, 1) as cohort
    from firsts
)

select
    members.cohort,
    customer_days.period,
    count(distinct case when purchase_day is not null then customer_days.customer_id end) as customers,
    count(purchase_day) as purchases,
    sum(net_sales) as net_sales
from customer_days
inner join members on members.customer_id = customer_days.customer_id
group by members.cohort, customer_days.period
order by members.cohort, customer_days.period
