-- One row per month and kind of selling expenses, of the months that have begun.
--
-- month   its first day
-- kind    NULL where not known
-- amount  money
select
    month,
    kind,
    sum(amount) as amount
from spend
group by month, kind
order by month, kind nulls last
