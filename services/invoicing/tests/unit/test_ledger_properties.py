"""Whatever happens in whatever order: the trial balance is zero, snapshots are sums, nothing open is below zero."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from saldo_invoicing.domain.credit_lines import CreditedLine
from saldo_invoicing.domain.document import DocumentKind
from saldo_invoicing.domain.dunning import DunningState
from saldo_invoicing.domain.events import BalanceWasCleared, InvoiceFellOverdue
from saldo_invoicing.domain.journal import LedgerAccount
from saldo_invoicing.domain.receipt import ReceiptKind

from services.invoicing.tests.unit.world import World

NETS = st.lists(st.integers(min_value=0, max_value=50_000), min_size=1, max_size=4)


class Books(RuleBasedStateMachine):
    """One account through any sequence of issue, pay, overpay, credit, reverse and days."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.balance_before = 0

    @rule(nets=NETS)
    def issue(self, nets: list[int]) -> None:
        self.world.issue(*nets)

    @rule(minor_units=st.integers(min_value=1, max_value=120_000))
    def pay_any_amount(self, minor_units: int) -> None:
        self.world.pay(minor_units)

    @precondition(lambda self: any(one.is_open for one in self.world.invoices.values()))
    @rule(data=st.data())
    def pay_one_exactly(self, data: st.DataObject) -> None:
        invoice = data.draw(st.sampled_from([one for one in self.world.invoices.values() if one.is_open]))
        self.world.pay(invoice.open.minor_units, invoice.invoice_id)

    @precondition(lambda self: any(self._reversible()))
    @rule(data=st.data(), whole=st.booleans())
    def reverse(self, data: st.DataObject, whole: bool) -> None:
        receipt = data.draw(st.sampled_from(self._reversible()))
        left = (receipt.amount - receipt.reversed).minor_units
        self.world.reverse(receipt, left if whole else data.draw(st.integers(min_value=1, max_value=left)))

    @precondition(lambda self: any(self._creditable()))
    @rule(data=st.data())
    def credit(self, data: st.DataObject) -> None:
        invoice_id, line_id, left = data.draw(st.sampled_from(self._creditable()))
        net = data.draw(st.integers(min_value=1, max_value=left))
        self.world.credit(self.world.invoices[invoice_id], CreditedLine(line_id, net))

    @rule(days=st.integers(min_value=1, max_value=3))
    def days_pass(self, days: int) -> None:
        self.world.days_pass(days)

    def _reversible(self) -> list:  # type: ignore[type-arg]  # receipts; hypothesis inspects the annotation
        return [
            one for one in self.world.receipts.values() if one.kind is ReceiptKind.PAYMENT and one.reversed < one.amount
        ]

    def _creditable(self) -> list[tuple[str, str, int]]:
        documents = self.world.documents.values()
        given: dict[str, int] = {}
        for note in documents:
            for line in note.lines:
                if line.charge.credits_line_id:
                    before = given.get(line.charge.credits_line_id, 0)
                    given[line.charge.credits_line_id] = before + line.charge.net_minor_units
        return [
            (document.document_id, line.charge.line_id, left)
            for document in documents
            if document.kind is not DocumentKind.CREDIT
            for line in document.lines
            if (left := line.charge.net_minor_units - given.get(line.charge.line_id, 0)) > 0
        ]

    @invariant()
    def the_trial_balance_is_zero(self) -> None:
        assert sum(self.world.balances().values()) == 0

    @invariant()
    def the_account_is_the_sum_of_its_journal(self) -> None:
        account, balances = self.world.account, self.world.balances()
        assert account.open.minor_units == balances[LedgerAccount.RECEIVABLE]
        assert account.credit.minor_units == -balances[LedgerAccount.CUSTOMER_CREDIT]

    @invariant()
    def an_invoice_is_open_by_what_its_journal_says_and_never_below_zero(self) -> None:
        for invoice in self.world.invoices.values():
            if invoice.kind is DocumentKind.CREDIT:
                continue
            lines = [line for line in self.world.lines if line.invoice_id == invoice.invoice_id]
            owed = sum(line.amount.minor_units for line in lines if line.debit is LedgerAccount.RECEIVABLE)
            settled = sum(line.amount.minor_units for line in lines if line.credit is LedgerAccount.RECEIVABLE)
            open_now = owed - settled
            assert invoice.open.minor_units == open_now >= 0
            assert invoice.open + invoice.paid + invoice.credited == invoice.total

    @invariant()
    def a_receipt_is_the_sum_of_its_parts(self) -> None:
        for receipt in self.world.receipts.values():
            applied = sum(part.minor_units for part in receipt.applied)
            parts = receipt.unapplied.minor_units + receipt.reversed.minor_units + applied
            assert receipt.amount.minor_units == parts
            assert not receipt.unapplied.is_negative

    @invariant()
    def no_credit_waits_beside_a_debt(self) -> None:
        assert self.world.account.open.is_zero or self.world.account.credit.is_zero

    @invariant()
    def dunning_says_what_the_sums_say(self) -> None:
        account = self.world.account
        overdue = sum(one.open.minor_units for one in self.world.invoices.values() if one.is_overdue)
        assert account.overdue.minor_units == overdue
        expected = (
            DunningState.CLEAR if account.open.is_zero else (DunningState.OVERDUE if overdue else DunningState.DUE)
        )
        assert account.dunning is expected

    @invariant()
    def an_invoice_falls_overdue_once(self) -> None:
        fallen = sum(isinstance(event, InvoiceFellOverdue) for event in self.world.told)
        assert fallen == sum(one.overdue_since is not None for one in self.world.invoices.values())

    @invariant()
    def a_cleared_balance_was_told_each_time_it_came_down_to_zero(self) -> None:
        balance = self.world.account.balance.minor_units
        cleared = sum(isinstance(event, BalanceWasCleared) for event in self.world.told)
        assert cleared == (self.balance_before > 0 >= balance)
        self.balance_before = balance
        self.world.told = [event for event in self.world.told if not isinstance(event, BalanceWasCleared)]


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
