"""Customers with a contract, who give notice: how many renew, how often, and what that is worth.

The model (``model``), the contracts of a business and their renewals (``renewals``), what would have been
foreseen (``check``), and the value of those in force (``value``).
"""

from analysis.ltv.contracts.check import (
    ContractsCheck,
    check_contracts,
    contracts_check_sentence,
    contracts_check_title,
    contracts_verdict,
)
from analysis.ltv.contracts.model import RetentionModel, Tenures, cohort, fit_retention, tenures
from analysis.ltv.contracts.renewals import (
    Contracts,
    fit_contracts,
    renewal_table,
    renewals_sentence,
    renewals_title,
    survival_title,
)
from analysis.ltv.contracts.value import (
    ContractValue,
    contract_value_sentence,
    contract_value_title,
    value_contracts,
)

__all__ = [
    "ContractValue",
    "Contracts",
    "ContractsCheck",
    "RetentionModel",
    "Tenures",
    "check_contracts",
    "cohort",
    "contract_value_sentence",
    "contract_value_title",
    "contracts_check_sentence",
    "contracts_check_title",
    "contracts_verdict",
    "fit_contracts",
    "fit_retention",
    "renewal_table",
    "renewals_sentence",
    "renewals_title",
    "survival_title",
    "tenures",
    "value_contracts",
]
