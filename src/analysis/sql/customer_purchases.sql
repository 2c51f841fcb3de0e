-- One row per day on which the customer :customer_id bought, up to :as_of.
--
-- date
-- sales   money sold that day, net of discounts
select date, sum(amount) as sales
from transactions
where customer_id = :customer_id and kind = 'sale' and date <= :as_of
group by date
order by date
