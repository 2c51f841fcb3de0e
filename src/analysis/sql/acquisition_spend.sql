-- One row per month and channel with spending to win customers, of the months that have begun.
--
-- month    its first day
-- channel  NULL where not known
-- amount   money
select
    month,
    channel,
    sum(amount) as amount
from spend
group by month, channel
order by month, channel nulls last
