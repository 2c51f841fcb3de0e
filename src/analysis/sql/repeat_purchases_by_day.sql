-- One row per day on which customers first seen up to :cutoff bought, up to :as_of.
--
-- date
-- purchases         customers who bought that day
-- first_purchases   those among them for whom it was the first purchase ever
with days as (
    select customer_id, date
    from customer_days
    where bought = 1 and date <= :as_of
),

firsts as (
    select customer_id, min(date) as first_purchase
    from days
    group by customer_id
)

select
    days.date,
    count(*) as purchases,
    sum(case when days.date = firsts.first_purchase then 1 else 0 end) as first_purchases
from days
inner join firsts on firsts.customer_id = days.customer_id
where firsts.first_purchase <= :cutoff
group by days.date
order by days.date
