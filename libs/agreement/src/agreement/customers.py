"""Who is an existing customer (domain, section 5, step 3): asked by routing of a lead, by reports of all."""


def is_customer(*, lives: bool, ended: bool, listed: bool) -> bool:
    """Whether somebody, or a company, is a customer now.

    `lives`: a won deal, of the person or the company, whose contract goes on. `ended`: one whose contract ended
    (`customer.churned`). `listed`: known as a customer without a deal, by the accounts or by a fact; that holds until a
    deal has ended.
    """
    return lives or (listed and not ended)
