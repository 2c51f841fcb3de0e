-- One row per kind of transaction after :as_of: rows (a refund is part of another), and their amount (currency).
select
    kind,
    count(case when kind <> 'refund' then 1 end) as rows,
    cast(sum(amount) as double) as amount
from transactions
where date > :as_of
group by kind
order by kind
