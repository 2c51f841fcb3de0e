-- One row per day with a transaction up to :as_of.
--
-- date
-- net_sales   money sold less returns and cancellations
select date, sum(net_sales) as net_sales
from customer_days
where date <= :as_of
group by date
order by date
