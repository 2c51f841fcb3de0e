-- One row per customer, day of issue, due day and day of payment, of the invoices issued by the last day that
-- counts that were issued or paid after :since, or of which something is open.
--
-- customer_id
-- issued, due, paid   dates; due is NULL where not known, paid where not known or while nothing is
-- amount              money to be paid (below 0 on credit notes)
-- open                what of it is not paid
-- invoices            how many
select
    customer_id,
    issued,
    due,
    paid,
    sum(amount) as amount,
    sum(amount - coalesce(paid_amount, case when paid is null then 0 else amount end)) as open,
    count(*) as invoices
from invoices
where
    issued > :since
    or paid is null
    or paid > :since
    or coalesce(paid_amount, amount) <> amount
group by customer_id, issued, due, paid
order by customer_id nulls last, issued nulls last, due nulls last, paid nulls last
