-- One row per customer with a purchase up to :as_of: the day of the first one and the 365 days from it.
--
-- customer_id, first_purchase
-- category                     the one with most of that day's money; NULL where not known
-- discounted                   1 if a line of that day was sold below its price, else 0
-- net_sales                    money sold less returns and cancellations in those days
-- again                        1 if it bought on another of those days, else 0
with firsts as (
    select customer_id, min(date) as day
    from customer_days
    where bought = 1 and date <= :as_of
    group by customer_id
),

lines as (
    select
        transactions.customer_id,
        transactions.category,
        transactions.amount,
        case
            when coalesce(gross_amount, amount + coalesce(discount, 0)) > amount then 1 else 0
        end as discounted
    from transactions
    inner join firsts on firsts.customer_id = transactions.customer_id and firsts.day = transactions.date
    where transactions.kind = 'sale'
),

discounts as (
    select customer_id, max(discounted) as discounted
    from lines
    group by customer_id
),

categories as (
    select
        customer_id,
        category,
        row_number() over (partition by customer_id order by sum(amount) desc, category) as place
    from lines
    where category is not null
    group by customer_id, category
),

years as (
    select
        firsts.customer_id,
        firsts.day,
        sum(customer_days.net_sales) as net_sales,
        max(case when customer_days.bought = 1 and customer_days.date > firsts.day then 1 else 0 end) as again
    from firsts
    inner join customer_days on customer_days.customer_id = firsts.customer_id
    where customer_days.date >= firsts.day and customer_days.date - 365 < firsts.day
        and customer_days.date <= :as_of
    group by firsts.customer_id, firsts.day
)

select
    years.customer_id,
    years.day as first_purchase,
    categories.category,
    coalesce(discounts.discounted, 0) as discounted,
    years.net_sales,
    years.again
from years
left join categories on categories.customer_id = years.customer_id and categories.place = 1
left join discounts on discounts.customer_id = years.customer_id
order by years.customer_id
