-- One row per period (:months is its length: 1, 3, 6 or 12) up to :as_of, and status of customers in it: what
-- they bought in it and in the one before.
--
-- number       12 x year + month - 1 of its first month
-- status       new, retained, reactivated or lost; or returned: bought in neither of the two, but returned
-- customers    how many they are
-- net_before   money sold to them in the period before, less returns and cancellations
-- net_now      the same in this one
-- kept         the smaller of both, customer by customer
-- first_day    first day on which one of them bought in this one
with visits as (
    select
        customer_id,
        year(date) * 12 + month(date) - 1 - (month(date) - 1) % :months as number,
        max(bought) as bought,
        min(case when bought = 1 then date end) as first_day,
        sum(net_sales) as net_sales
    from customer_days
    where date <= :as_of
    group by customer_id, year(date) * 12 + month(date) - 1 - (month(date) - 1) % :months
),

firsts as (
    select customer_id, min(case when bought = 1 then number end) as first_number
    from visits
    group by customer_id
),

sides as (
    select customer_id, number, bought, 0 as bought_before, net_sales as net_now, 0 as net_before, first_day
    from visits
    union all
    select
        customer_id,
        number + :months as number,
        0 as bought,
        bought as bought_before,
        0 as net_now,
        net_sales as net_before,
        cast(null as date) as first_day
    from visits
),

changes as (
    select
        customer_id,
        number,
        max(bought) as bought,
        max(bought_before) as bought_before,
        sum(net_now) as net_now,
        sum(net_before) as net_before,
        min(first_day) as first_day
    from sides
    where number <= year(cast(:as_of as date)) * 12 + month(cast(:as_of as date)) - 1
    group by customer_id, number
),

told as (
    select
        changes.*,
        case
            when bought = 1 and bought_before = 1 then 'retained'
            when bought = 1 and number = first_number then 'new'
            when bought = 1 then 'reactivated'
            when bought_before = 1 then 'lost'
            else 'returned'
        end as status
    from changes
    inner join firsts on firsts.customer_id = changes.customer_id
)

select
    number,
    status,
    count(*) as customers,
    sum(net_before) as net_before,
    sum(net_now) as net_now,
    sum(least(net_before, net_now)) as kept,
    min(first_day) as first_day
from told
group by number, status
order by number, status
