-- One row per cohort and period with a transaction up to :as_of. A cohort is the customers whose first
-- purchase was in the same period (:months is its length: 1, 3, 6 or 12).
--
-- cohort      first day of the period of the first purchase
-- period      first day of the period described
-- customers   customers of the cohort who bought in it
-- purchases   their purchase days
-- net_sales   their sales less returns and cancellations
-- Customers who only ever returned have no first purchase and so no cohort.
with visits as (
    select
        customer_id,
        make_date(year(date), month(date) - (month(date) - 1) % :months, 1) as period,
        sum(bought) as purchases,
        min(case when bought = 1 then date end) as first_purchase,
        sum(net_sales) as net_sales
    from customer_days
    where date <= :as_of
    group by customer_id, make_date(year(date), month(date) - (month(date) - 1) % :months, 1)
),

firsts as (
    select customer_id, min(first_purchase) as date
    from visits
    where purchases > 0
    group by customer_id
),

members as (
    select customer_id, make_date(year(date), month(date) - (month(date) - 1) % :months, 1) as cohort
    from firsts
)

select
    members.cohort,
    visits.period,
    count(case when purchases > 0 then 1 end) as customers,
    cast(sum(purchases) as bigint) as purchases,
    sum(net_sales) as net_sales
from visits
inner join members on members.customer_id = visits.customer_id
group by members.cohort, visits.period
order by members.cohort, visits.period
