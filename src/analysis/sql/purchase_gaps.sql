-- One row per pair of consecutive purchase days up to :as_of.
--
-- previous   a purchase day
-- date       the customer's next purchase day; NULL where there was none up to :as_of
-- gaps       customers with this pair of days
with pairs as (
    select
        date as previous,
        lead(date) over (partition by customer_id order by date) as date
    from customer_days
    where bought = 1 and date <= :as_of
)

select previous, date, count(*) as gaps
from pairs
group by previous, date
order by previous, date nulls last
