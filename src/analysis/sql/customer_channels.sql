-- One row per customer with a sale whose channel is known, up to :as_of.
--
-- customer_id
-- first_channel   channel of the first of these sales; the first by name where there were several that day
-- channels        how many there were
-- main_channel    channel with most of their money; the first by name where there are several
with by_channel as (
    select customer_id, channel, min(date) as first_sale, sum(amount) as sales
    from transactions
    where kind = 'sale' and channel is not null and date <= :as_of
    group by customer_id, channel
),

ranked as (
    select
        customer_id,
        channel,
        row_number() over (partition by customer_id order by first_sale, channel) as by_date,
        row_number() over (partition by customer_id order by sales desc, channel) as by_money
    from by_channel
)

select
    customer_id,
    max(case when by_date = 1 then channel end) as first_channel,
    count(*) as channels,
    max(case when by_money = 1 then channel end) as main_channel
from ranked
group by customer_id
order by customer_id
