"""What is owed: accounts, invoices, taxes, the receivables ledger, due dates and overdue."""
