-- One row per customer with a sale after :year_ago and up to :as_of: what it bought, and by which channel.
--
-- customer_id
-- products, categories   how many different ones; 0 where none is known
-- channel                the one with most of its money; the first by name where there are several; NULL: not known
with sold as (
    select customer_id, product_id, category, channel, amount
    from transactions
    where kind = 'sale' and date > :year_ago and date <= :as_of
),

by_channel as (
    select
        customer_id,
        channel,
        row_number() over (partition by customer_id order by sum(amount) desc, channel) as place
    from sold
    where channel is not null
    group by customer_id, channel
),

breadth as (
    select customer_id, count(distinct product_id) as products, count(distinct category) as categories
    from sold
    group by customer_id
)

select breadth.customer_id, breadth.products, breadth.categories, by_channel.channel
from breadth
left join by_channel on by_channel.customer_id = breadth.customer_id and by_channel.place = 1
order by breadth.customer_id
