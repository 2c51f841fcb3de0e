-- One row per contract that had started by the last day that counts.
--
-- contract_id     NULL where not known
-- customer_id
-- started, ended  first and last day; ended is NULL while the contract runs
-- plan            NULL where not known
-- price           money per year; NULL where not known
select
    contract_id,
    customer_id,
    started,
    ended,
    plan,
    price
from contracts
order by customer_id, started, contract_id
