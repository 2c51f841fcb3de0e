-- One row per product sold after :since and up to :as_of that stands in the stock.
--
-- product_id
-- units       sold to anybody
-- best_sales  money sold to the best customers: those with net sales of at least :least after :window_start
-- on_hand     units in stock at the last count
with best as (
    select customer_id
    from customer_days
    where date > :window_start and date <= :as_of
    group by customer_id
    having sum(net_sales) >= :least
),

sold as (
    select
        transactions.product_id,
        sum(transactions.quantity) as units,
        sum(case when best.customer_id is not null then transactions.amount else 0 end) as best_sales
    from transactions
    left join best on best.customer_id = transactions.customer_id
    where transactions.kind = 'sale' and transactions.date > :since and transactions.date <= :as_of
    group by transactions.product_id
),

counts as (
    select product_id, max(date) as last_count
    from stock
    group by product_id
),

held as (
    select stock.product_id, sum(stock.on_hand) as on_hand
    from stock
    inner join counts on counts.product_id = stock.product_id
    where stock.date = counts.last_count or counts.last_count is null
    group by stock.product_id
)

select sold.product_id, sold.units, sold.best_sales, held.on_hand
from sold
inner join held on held.product_id = sold.product_id
where sold.units > 0
order by sold.best_sales desc, sold.product_id
