-- One row per answer to a survey, up to :as_of.
--
-- customer_id, date
-- score    the answer, from 0 to the end of the scale
-- scale    best possible answer; 10 where the data do not say
-- comment  what the customer wrote; NULL where it wrote nothing
select customer_id, date, score, scale, comment
from surveys
where date <= :as_of
order by date, customer_id nulls last, score nulls last, scale nulls last, comment nulls last
