-- One row per contract that had started by the last day that counts.
--
-- contract_id     NULL where not known
-- customer_id
-- started, ended  first and last day; ended is NULL while the contract runs
-- tenure_months   months that it has lasted, where no days are given
-- churned         yes if it ended after those, no if it goes on
-- plan            NULL where not known
-- price           money per year; NULL where not known
select
    contract_id,
    customer_id,
    started,
    ended,
    tenure_months,
    churned,
    plan,
    price
from contracts
order by customer_id nulls last, started nulls last, contract_id nulls last
