-- One row per period and period of the purchase before it (:months is its length: 1, 3, 6 or 12), up to
-- :as_of. Adding up the rows of a period gives everybody who bought in it, each customer once.
--
-- previous    first day of the latest earlier period in which these customers bought; NULL where this is
--             their first
-- period      first day of the period in which they bought
-- customers   how many they are
-- first_day   first day on which one of them bought in it
with visits as (
    select
        customer_id,
        make_date(year(date), month(date) - (month(date) - 1) % :months, 1) as period,
        min(date) as first_day
    from transactions
    where kind = 'sale' and date <= :as_of
    group by customer_id, make_date(year(date), month(date) - (month(date) - 1) % :months, 1)
),

steps as (
    select period, first_day, lag(period) over (partition by customer_id order by period) as previous
    from visits
)

select previous, period, count(*) as customers, min(first_day) as first_day
from steps
group by previous, period
order by period, previous
