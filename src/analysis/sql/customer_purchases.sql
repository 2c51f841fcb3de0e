-- One row per day on which the customer :customer_id bought, up to :as_of.
--
-- date
-- sales   money sold that day, net of discounts
select date, sales
from customer_days
where customer_id = :customer_id and bought = 1 and date <= :as_of
order by date
