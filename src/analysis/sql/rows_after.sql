-- One row per kind of transaction after :as_of: rows, and their amount (currency).
select
    kind,
    count(*) as rows,
    cast(sum(amount) as double) as amount
from transactions
where date > :as_of
group by kind
