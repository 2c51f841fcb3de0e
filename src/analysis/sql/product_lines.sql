-- One row per customer and category bought on at least :least days up to :as_of.
--
-- customer_id, category
-- first_purchase, last_purchase   dates, of the category
-- purchase_days                   days with a sale of the category
-- net_sales                       money of the category in the year to its last purchase, less what came back since
-- same_days                       1 where it was bought in the days since the last purchase, all a year earlier
-- bought_after                    1 where it was bought after :as_of and up to :until
-- purchases_between               purchase days of the customer after the first of the category, up to the last
-- purchases_since                 the same after the last of the category: all without it
-- customer_last                   the last of them
with days as (
    select distinct customer_id, category, date
    from transactions
    where kind = 'sale' and category is not null and date <= :as_of
),

known as (
    select
        customer_id,
        category,
        min(date) as first_purchase,
        max(date) as last_purchase,
        count(*) as purchase_days
    from days
    group by customer_id, category
    having count(*) >= :least
),

dated as (
    select *, year(last_purchase) * 10000 + month(last_purchase) * 100 + day(last_purchase) as last_number
    from known
),

sold as (
    select
        customer_id,
        category,
        date,
        amount,
        case when kind = 'sale' then 1 else 0 end as bought,
        year(date) * 10000 + month(date) * 100 + day(date) as number
    from transactions
    where category is not null and date <= :until
),

summed as (
    select
        dated.customer_id,
        dated.category,
        sum(case when date <= :as_of and number > last_number - 10000 then amount else 0 end) as net_sales,
        max(
            case
                when
                    number > last_number - 10000
                    and number + 10000
                    <= year(cast(:as_of as date)) * 10000 + month(cast(:as_of as date)) * 100
                    + day(cast(:as_of as date))
                    then bought
                else 0
            end
        ) as same_days,
        max(case when date > :as_of then bought else 0 end) as bought_after
    from dated
    inner join sold on sold.customer_id = dated.customer_id and sold.category = dated.category
    group by dated.customer_id, dated.category
),

visits as (
    select customer_id, date, row_number() over (partition by customer_id order by date) as place
    from customer_days
    where bought = 1 and date <= :as_of
),

visitors as (
    select customer_id, max(place) as places, max(date) as customer_last
    from visits
    group by customer_id
)

select
    known.*,
    summed.net_sales,
    summed.same_days,
    summed.bought_after,
    final.place - begun.place as purchases_between,
    visitors.places - final.place as purchases_since,
    visitors.customer_last
from known
inner join summed on summed.customer_id = known.customer_id and summed.category = known.category
inner join visitors on visitors.customer_id = known.customer_id
inner join visits as begun on begun.customer_id = known.customer_id and begun.date = known.first_purchase
inner join visits as final on final.customer_id = known.customer_id and final.date = known.last_purchase
order by known.customer_id, known.category
