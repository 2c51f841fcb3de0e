-- One row per purchase day of a customer that another follows only :months months later or more, or none.
--
-- customer_id
-- since   the purchase day
-- until   the customer's next purchase day; where there is none, :as_of
with pairs as (
    select
        customer_id,
        date as since,
        coalesce(lead(date) over (partition by customer_id order by date), cast(:as_of as date)) as until
    from customer_days
    where bought = 1 and date <= :as_of
)

select customer_id, since, until
from pairs
where year(until) * 12 + month(until) - year(since) * 12 - month(since) >= :months
order by customer_id, since
