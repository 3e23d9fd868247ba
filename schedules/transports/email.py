"""E-mail through Django's configured backend."""

from __future__ import annotations

from smtplib import SMTPException, SMTPRecipientsRefused

from django.core.mail import BadHeaderError, EmailMessage

from schedules.transports.base import Message, TransportError

REFUSED_FOR_GOOD = 500  # 4xx asks to try again: a full mailbox, a greylist


class EmailTransport:
    def send(self, message: Message) -> str:
        mail = EmailMessage(
            subject=message.subject,
            body=message.text,
            to=[message.address],
            headers={"X-Portal-Key": str(message.key), "X-Priority": "1"},
        )
        try:
            sent = mail.send()
        except SMTPRecipientsRefused as error:
            for_good = all(code >= REFUSED_FOR_GOOD for code, _ in error.recipients.values())
            raise TransportError("the mail server refused the address", permanent=for_good) from error
        except BadHeaderError as error:
            raise TransportError("the message cannot be a mail", permanent=True) from error
        except (SMTPException, OSError) as error:
            raise TransportError(f"the mail server did not take it: {type(error).__name__}") from error
        if not sent:
            raise TransportError("the mail backend took nothing")
        return "accepted"
