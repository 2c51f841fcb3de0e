-- One row per day with a purchase, up to :as_of, of each customer who ever answered a survey.
--
-- customer_id, date
with answered as (
    select distinct customer_id
    from surveys
)

select customer_days.customer_id, customer_days.date
from customer_days
inner join answered on answered.customer_id = customer_days.customer_id
where customer_days.bought = 1 and customer_days.date <= :as_of
order by customer_days.customer_id, customer_days.date
