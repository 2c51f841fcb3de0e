-- One row per customer with a sale after :year_ago and up to :as_of: how many things it bought.
--
-- customer_id
-- products, categories   how many different ones; 0 where none is known
select customer_id, count(distinct product_id) as products, count(distinct category) as categories
from transactions
where kind = 'sale' and date > :year_ago and date <= :as_of
group by customer_id
order by customer_id
