"""The first tables of invoicing, and the triggers that keep what was issued and entered.

Written out as SQL, so that a later change of the table definitions cannot change what this revision did.
"""

from alembic import op

revision = "i0001"
down_revision = None
branch_labels = ("invoicing",)
depends_on = None

TABLES = (
    """
    CREATE TABLE accounts (
        account_id UUID NOT NULL,
        seller_id TEXT NOT NULL,
        number TEXT NOT NULL,
        currency TEXT NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        status TEXT NOT NULL,
        language TEXT NOT NULL,
        time_zone TEXT NOT NULL,
        country TEXT,
        region TEXT,
        postal_code TEXT,
        address_fingerprint TEXT,
        collection TEXT NOT NULL,
        recipients JSONB NOT NULL,
        open_minor_units BIGINT NOT NULL,
        credit_minor_units BIGINT NOT NULL,
        overdue_minor_units BIGINT NOT NULL,
        dunning TEXT NOT NULL,
        oldest_overdue_due_on DATE,
        oldest_overdue_invoice_id UUID,
        late_fees JSONB NOT NULL,
        documents BIGINT NOT NULL,
        profile_version BIGINT NOT NULL,
        ledger_version BIGINT NOT NULL,
        version BIGINT NOT NULL,
        PRIMARY KEY (account_id),
        CONSTRAINT accounts_number UNIQUE (seller_id, number),
        CONSTRAINT accounts_currency CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT accounts_status CHECK (status in ('open', 'closed')),
        CONSTRAINT accounts_collection CHECK (collection in ('automatic', 'by_transfer')),
        CONSTRAINT accounts_balance CHECK (open_minor_units >= 0 and credit_minor_units >= 0 and
            overdue_minor_units between 0 and open_minor_units),
        CONSTRAINT accounts_no_credit_beside_debt CHECK (open_minor_units = 0 or credit_minor_units = 0),
        CONSTRAINT accounts_dunning CHECK (dunning = case when open_minor_units = 0 then 'clear' when
            overdue_minor_units = 0 then 'due' else 'overdue' end),
        CONSTRAINT accounts_oldest_overdue CHECK ((overdue_minor_units = 0) = (oldest_overdue_due_on is null)
            and (overdue_minor_units = 0) = (oldest_overdue_invoice_id is null))
    )
    """,
    """
    CREATE TABLE number_series (
        series_id TEXT NOT NULL,
        next_number BIGINT NOT NULL,
        version BIGINT NOT NULL,
        PRIMARY KEY (series_id),
        CONSTRAINT number_series_from_one CHECK (next_number >= 1)
    )
    """,
    """
    CREATE TABLE billing_addresses (
        account_id UUID NOT NULL,
        company TEXT,
        line_1 TEXT NOT NULL,
        line_2 TEXT,
        city TEXT NOT NULL,
        postal_code TEXT,
        region TEXT,
        country TEXT NOT NULL,
        version BIGINT NOT NULL,
        PRIMARY KEY (account_id),
        FOREIGN KEY(account_id) REFERENCES accounts (account_id)
    )
    """,
    """
    CREATE TABLE contacts (
        contact_id UUID NOT NULL,
        account_id UUID NOT NULL,
        seller_id TEXT NOT NULL,
        name TEXT,
        email TEXT NOT NULL,
        language TEXT,
        roles JSONB NOT NULL,
        contact_version BIGINT NOT NULL,
        version BIGINT NOT NULL,
        PRIMARY KEY (contact_id),
        FOREIGN KEY(account_id) REFERENCES accounts (account_id)
    )
    """,
    """
    CREATE INDEX contacts_of_account ON contacts (account_id)
    """,
    """
    CREATE TABLE invoices (
        invoice_id UUID NOT NULL,
        account_id UUID NOT NULL,
        position BIGINT NOT NULL,
        seller_id TEXT NOT NULL,
        number TEXT NOT NULL,
        kind TEXT NOT NULL,
        charges_id UUID,
        currency TEXT NOT NULL,
        total_minor_units BIGINT NOT NULL,
        tax_minor_units BIGINT NOT NULL,
        open_minor_units BIGINT NOT NULL,
        paid_minor_units BIGINT NOT NULL,
        credited_minor_units BIGINT NOT NULL,
        issued_on DATE NOT NULL,
        issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
        due_on DATE NOT NULL,
        hardware BOOLEAN NOT NULL,
        status TEXT NOT NULL,
        overdue_since DATE,
        version BIGINT NOT NULL,
        PRIMARY KEY (invoice_id),
        CONSTRAINT invoices_number UNIQUE (seller_id, number),
        CONSTRAINT invoices_charges UNIQUE (charges_id),
        CONSTRAINT invoices_of_account UNIQUE (account_id, position),
        CONSTRAINT invoices_currency CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT invoices_kind CHECK (kind in ('new', 'recurring', 'one_time', 'credit')),
        CONSTRAINT invoices_credit_is_credited CHECK ((kind = 'credit') = (status = 'credited')),
        CONSTRAINT invoices_settled CHECK (open_minor_units >= 0 and paid_minor_units >= 0 and
            credited_minor_units >= 0 and open_minor_units + paid_minor_units + credited_minor_units =
            greatest(total_minor_units, 0)),
        CONSTRAINT invoices_status CHECK (status = case when kind = 'credit' then 'credited' when
            open_minor_units = 0 then 'paid' when open_minor_units = total_minor_units then 'unpaid' else
            'partially_paid' end),
        CONSTRAINT invoices_total CHECK ((kind = 'credit') = (total_minor_units < 0)),
        CONSTRAINT invoices_overdue CHECK (overdue_since is null or overdue_since > due_on),
        FOREIGN KEY(account_id) REFERENCES accounts (account_id)
    )
    """,
    """
    CREATE INDEX invoices_open_of_account ON invoices (account_id) WHERE status in ('unpaid', 'partially_paid')
    """,
    """
    CREATE TABLE journal_entries (
        entry_id UUID NOT NULL,
        account_id UUID NOT NULL,
        kind TEXT NOT NULL,
        fact_id TEXT NOT NULL,
        entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ledger_version BIGINT NOT NULL,
        PRIMARY KEY (entry_id),
        CONSTRAINT journal_entries_of_account UNIQUE (account_id, ledger_version),
        FOREIGN KEY(account_id) REFERENCES accounts (account_id)
    )
    """,
    """
    CREATE TABLE receipts (
        receipt_id UUID NOT NULL,
        account_id UUID NOT NULL,
        seller_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        currency TEXT NOT NULL,
        amount_minor_units BIGINT NOT NULL,
        unapplied_minor_units BIGINT NOT NULL,
        reversed_minor_units BIGINT NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        applied JSONB NOT NULL,
        reversals JSONB NOT NULL,
        version BIGINT NOT NULL,
        PRIMARY KEY (receipt_id),
        CONSTRAINT receipts_kind CHECK (kind in ('payment', 'credit')),
        CONSTRAINT receipts_currency CHECK (currency ~ '^[A-Z]{3}$'),
        CONSTRAINT receipts_parts CHECK (amount_minor_units > 0 and unapplied_minor_units >= 0 and
            reversed_minor_units >= 0 and unapplied_minor_units + reversed_minor_units <= amount_minor_units),
        CONSTRAINT receipts_credit_stays CHECK (kind = 'payment' or reversed_minor_units = 0),
        FOREIGN KEY(account_id) REFERENCES accounts (account_id)
    )
    """,
    """
    CREATE INDEX receipts_unapplied_of_account ON receipts (account_id) WHERE unapplied_minor_units > 0
    """,
    """
    CREATE TABLE shipping_addresses (
        account_id UUID NOT NULL,
        company TEXT,
        line_1 TEXT NOT NULL,
        line_2 TEXT,
        city TEXT NOT NULL,
        postal_code TEXT,
        region TEXT,
        country TEXT NOT NULL,
        version BIGINT NOT NULL,
        PRIMARY KEY (account_id),
        FOREIGN KEY(account_id) REFERENCES accounts (account_id)
    )
    """,
    """
    CREATE TABLE documents (
        document_id UUID NOT NULL,
        account_id UUID NOT NULL,
        number TEXT NOT NULL,
        kind TEXT NOT NULL,
        currency TEXT NOT NULL,
        issued_on DATE NOT NULL,
        due_on DATE NOT NULL,
        country TEXT,
        region TEXT,
        lines JSONB NOT NULL,
        taxes JSONB NOT NULL,
        charges_id UUID,
        corrects_document_id UUID,
        version INTEGER NOT NULL,
        PRIMARY KEY (document_id),
        CONSTRAINT documents_corrects CHECK (corrects_document_id is null or kind = 'credit'),
        FOREIGN KEY(document_id) REFERENCES invoices (invoice_id),
        FOREIGN KEY(corrects_document_id) REFERENCES invoices (invoice_id)
    )
    """,
    """
    CREATE INDEX documents_corrections ON documents (corrects_document_id) WHERE corrects_document_id IS NOT NULL
    """,
    """
    CREATE TABLE journal_lines (
        line_id UUID NOT NULL,
        entry_id UUID NOT NULL,
        account_id UUID NOT NULL,
        position INTEGER NOT NULL,
        debit TEXT NOT NULL,
        credit TEXT NOT NULL,
        amount_minor_units BIGINT NOT NULL,
        currency TEXT NOT NULL,
        invoice_id UUID,
        receipt_id UUID,
        CONSTRAINT journal_lines_pkey PRIMARY KEY (entry_id, position),
        CONSTRAINT journal_lines_amount CHECK (amount_minor_units > 0),
        CONSTRAINT journal_lines_accounts CHECK (debit in ('receivable', 'revenue', 'tax_payable', 'cash',
            'customer_credit') and credit in ('receivable', 'revenue', 'tax_payable', 'cash', 'customer_credit') and
            debit <> credit),
        CONSTRAINT journal_lines_invoice CHECK ((debit <> 'receivable' and credit <> 'receivable') or invoice_id
            is not null),
        CONSTRAINT journal_lines_receipt CHECK ((debit <> 'customer_credit' and credit <> 'customer_credit') or
            receipt_id is not null),
        CONSTRAINT journal_lines_currency CHECK (currency ~ '^[A-Z]{3}$'),
        FOREIGN KEY(entry_id) REFERENCES journal_entries (entry_id)
    )
    """,
    """
    CREATE INDEX journal_lines_of_invoice ON journal_lines (invoice_id) WHERE invoice_id IS NOT NULL
    """,
)

TRIGGERS = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE FUNCTION refuse_change_of_issued() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' OR (
            OLD.invoice_id, OLD.account_id, OLD.position, OLD.seller_id, OLD.number, OLD.kind, OLD.charges_id,
            OLD.currency, OLD.total_minor_units, OLD.tax_minor_units, OLD.issued_on, OLD.issued_at, OLD.due_on,
            OLD.hardware
        ) IS DISTINCT FROM (
            NEW.invoice_id, NEW.account_id, NEW.position, NEW.seller_id, NEW.number, NEW.kind, NEW.charges_id,
            NEW.currency, NEW.total_minor_units, NEW.tax_minor_units, NEW.issued_on, NEW.issued_at, NEW.due_on,
            NEW.hardware
        ) THEN
            RAISE EXCEPTION 'an issued document never changes' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER invoices_issued BEFORE UPDATE OR DELETE ON invoices
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_issued()
    """,
    *(
        f"""
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """
        for table in ("documents", "journal_entries", "journal_lines")
    ),
    *(
        f"""
    CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """
        for table in ("invoices", "documents", "journal_entries", "journal_lines")
    ),
)


def upgrade() -> None:
    """Create the tables, then what guards them."""
    for statement in (*TABLES, *TRIGGERS):
        op.execute(statement)
