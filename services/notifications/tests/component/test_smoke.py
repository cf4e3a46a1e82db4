from __future__ import annotations
from uuid import uuid4
from saldo_contracts.events import NotificationSent, PaymentSucceeded

async def test_smoke(service, customer, mail_box):
    import importlib
    contact_id = str(uuid4())
    P = type(customer)
    class One: pass
    one = One(); one.contact_id=contact_id; one.email=f"{contact_id}@c.example"; one.name="Anna"; one.language="de"
    await customer.opened(one)
    await customer.introduces(one)
    await service.teller.tell(customer.fact(PaymentSucceeded, payment_id=str(uuid4()), receipt_contact_id=None))
    (mail,) = await mail_box.wait_for(one.email)
    print(mail)
    sent = await service.observer.one(NotificationSent, where=lambda e: e.account_id == customer.account_id)
    print(sent)
