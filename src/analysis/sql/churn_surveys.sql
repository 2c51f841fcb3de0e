-- One row per customer that answered after :year_ago and up to :as_of.
--
-- customer_id
-- satisfaction   mean answer as a share of the best possible
select customer_id, avg(cast(score as double) / coalesce(scale, 10)) as satisfaction
from surveys
where date > :year_ago and date <= :as_of and coalesce(scale, 10) > 0
group by customer_id
order by customer_id
