-- One row per customer with a purchase from :active_since to :as_of: how it bought, as far as was known on :as_of.
--
-- customer_id
-- recent_purchases                      purchase days after :since, the last horizon
-- recent_net_sales                      money sold after :since, less returns and cancellations
-- season_purchases                      purchase days after :season_start and up to :season_end, the same days as
--                                       those ahead, a year earlier
-- gross_sales                           money sold before discounts, ever
select
    customer_id,
    sum(case when date > :since then bought else 0 end) as recent_purchases,
    sum(case when date > :since then net_sales else 0 end) as recent_net_sales,
    sum(case when date > :season_start and date <= :season_end then bought else 0 end) as season_purchases,
    sum(gross_sales) as gross_sales
from customer_days
where date <= :as_of
group by customer_id
having max(case when bought = 1 then date end) >= :active_since
order by customer_id
