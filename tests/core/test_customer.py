"""What a customer's words ask for, on lines as people say them and as recognisers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.core.customer import accepts, asks_why, is_backchannel, is_request, names_matter, turns_to_another
from voiceassist.core.escalation import asks_for_manager, wants_to_cancel


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


BACKCHANNEL = lines("""
    mm-hm
    Mm-hmm.
    mhm
    uh huh
    Uh-huh.
    okay
    OK.
    ok right
    oh okay
    oh right
    I see
    I see.
    right
    Right, right.
    yeah
    yeah yeah okay
    Yes.
    sure
    alright
    got it
    Gotcha.
    oh really
    Really?
    um
    hm
    okay good
    Okay, great.
    fine
    Ah, understood.
    oh yeah sure
    ...
""")
NO_BACKCHANNEL = lines("""
    no
    No.
    why
    okay but why
    yeah but I paid for it
    I see it on the website
    I see that you have one left
    what
    sorry
    oh come on
    right now please
    I want one
    sure but can I get a refund
    really though I need it
    thank you
    that's fine
    yes please
    okay then cancel it
    great, just great service
    good for you
    I did
    see you then
    não
    да
    hold on
    is that right
    ok can I ask something
""")

WHY = lines("""
    why
    Why?
    why not
    but why
    okay why not
    Why is that?
    how come
    How come you can't do that?
    how come it was free last time
    how so
    what for
    what's the reason
    What is the reason for that?
    and what's the reason behind it
    what would be the reason
    what policy
    What policy?
    which policy is that
    what kind of policy is that
    what sort of rule is that
    for what reason
    on what grounds
    can you tell me why
    Could you explain why not?
    may I ask why
    I'd like to know why
    I just want to understand why
    I don't understand why you can't
    I don't see why not
    would you mind telling me why
    is there a reason for that
    is there any particular reason
    any reason why
    give me one good reason
    what's stopping you
    why can't you just refund me
    Why don't you do refunds?
    why don't you accept returns
    why would that matter
    What do you mean, no? Why not?
    are you serious why
    so what is the cause
    could you give me the reason
    what's the reasoning there
    do you have a reason for that
    What’s the reason?
""")
NO_WHY = lines("""
    what do you mean, no?
    What do you mean no
    what do you mean you can't
    are you serious
    Are you kidding me?
    you're joking
    you must be joking
    that's why I called
    that is exactly why I bought it
    which is why I'm asking
    this is why I left my last bank
    I know why
    I understand why you can't do that
    I can see why
    I get why
    you told me why yesterday
    why don't you just send me another one
    why don't we try tomorrow
    the reason I'm calling is my order
    for some reason it didn't arrive
    what's your policy on returns
    What is the policy for late checkouts?
    what's your return policy
    can I get a refund
    no
    but that's not fair
    what time do you close
    what do I do now
    how much is it
    how long will it take
    how can I return it
    I want my money back
    I was hoping for a discount
    there's no reason to be rude
    that's the reason I chose you
    what a joke
    okay
    do you have an insurance policy for that
    which insurance policy covers it
""")

REQUEST = lines("""
    can I get a refund
    Can I get a refund?
    could you check another store
    do you have it in blue
    so do you have any others
    is there anything you can do
    is there a later train
    are there any tables at nine
    are you open on Sunday
    I want my money back
    I just want a refund
    I'd like a window seat
    we would like to move the booking
    I need it by Friday
    i really need this fixed today
    I was hoping for a discount
    I'm looking for a room with a view
    I'm calling about my order
    what about tomorrow
    how about store credit
    And the red one?
    Tomorrow, then?
    please just waive the fee
    send me a new one
    then give me my money back
    okay book me a table for two
    just put me on the waiting list
    will you take it back
    would it be possible to move it
    any chance of a late checkout
    what time do you close
    when will it arrive
    where can I buy it
    how much is the other one
    how long does that take
    what else do you have
    what other colours are there
    which ones are in stock
    who do I talk to about that
    is breakfast included
    are pets allowed
    does it come with a cable
    did my order ship
    is the pool open
    and is the parking free
    can't you just make an exception
    couldn't you send it on Saturday
    isn't there another way
    Don't you have a smaller one?
    won't you at least refund the shipping
    why don't you just send me another one
    why not and can I get store credit then
    Why not? Can I get store credit instead?
    Are you serious? Can I at least get a discount?
    are you kidding can I at least exchange it
    okay I see can you waive the fee
    Saturday works for me. Can I still get the helmet for free?
    that sounds fair do you have the blue jacket in a small
    I don't want credit I want a refund
    I wish to return it
    all I want is a straight refund
    can you tell me when it will arrive
    where is my order
    where is it
    what's the fee for that
    what is my balance
    I ordered two is there any way to return one
    no I want the other one
    okay then make it two
    I'm trying to return this
    What sort of room is it?
    what area of town is it in
    what restaurants are cheap
    who is available on Monday
    do any of the three have parking
    am I too late for the sale
    You won't charge me for that, will you?
    you won't charge me for that will you
    My parcel was supposed to come on the fourteenth, wasn't it?
    what can I do then
""")
NO_REQUEST = lines("""
    why
    Are you sure there's nothing?
    You sure you can't just fill it today, hon?
    Not even the one night? We'd raft up.
    what not even a bit i've used you three times
    Why not?
    how come
    but why is that
    Why can't you just refund me?
    why can't you do it
    why is there a fee
    why do I need to pay for that
    can you tell me why
    Could you please explain why not?
    may I ask why
    I'd like to know why
    I want to understand why you can't
    would you mind telling me the reason
    how come I can't have it
    what policy
    what's the reason
    give me one good reason
    what do you mean, no?
    what do you mean you can't
    are you serious
    Are you kidding me?
    you can't be serious
    Really?
    Seriously?
    What?
    Sorry?
    No?
    You can't?
    You don't have any?
    Not even one?
    is this a joke
    Is that how you treat your customers?
    how is that fair
    How is that my problem?
    do you realize how long I waited
    Do you think that's fair?
    but that's not fair
    That's not fair, is it?
    That's ridiculous, don't you think?
    that's ridiculous
    this is the third time I call
    this is my money
    that is the worst service
    it was the wrong one
    the problem is the fee
    I did that already
    I do this every month
    I was there yesterday
    I have the receipt right here
    I have my card here
    so do I
    that's not what I wanted
    that's not what I need
    I don't want store credit
    I wish you had told me
    I would never have bought it
    you put me on hold for an hour
    you give me no choice
    give me a break
    you told me yesterday I could
    your website says I can
    but I already paid
    I've been a customer for ten years
    oh come on
    what a joke
    which is ridiculous
    how rude
    How dare you!
    I can't believe this
    no way
    okay
    thank you
    that works for me
    never mind then
    no, that was everything
    But I was really counting on that money.
    what kind of company is this
    who cares
    no that's all I need
    it does this every time
    I could have gone elsewhere
    okay, fine
    I already explained that to you
    I asked but was told no
    you people are unbelievable
    what's the point
    what the hell
    what's wrong with you
    what you did is wrong
    what I got is broken
    when I called yesterday you said yes
    that is all I need to know
    that's the third time, isn't it?
    No refunds?
""")

MANAGER = lines("""
    can I speak to your manager
    I want to speak to a manager
    I'd like to talk to your supervisor please
    let me talk to a supervisor
    Get me your manager.
    put me through to the manager
    could you transfer me to a supervisor
    connect me with your boss
    I need to see the manager
    I want a manager
    where is your manager
    Where's the manager?
    is your manager there
    Is there a supervisor around?
    is the manager available
    manager please
    your supervisor now
    who's in charge here
    who is your boss
    Who's your supervisor?
    I want to talk to whoever is in charge
    let me speak with the person in charge
    can I talk to someone higher up
    Could I speak to somebody senior?
    can I talk to somebody who can decide that
    I want to speak to someone with more authority
    is there someone above you I can talk to
    please escalate this
    I want this escalated
    can you pass me on to a manager
    I need to talk to your store manager
    give me your manager's name
    may I please speak with one of your managers
    I demand to speak to a manager
    I'm asking for a supervisor
""")
NO_MANAGER = lines("""
    my manager needs the invoice
    I need this for my manager
    I want to get it for my boss
    I have to call my manager first
    I'll put my supervisor on the line
    I am the manager of a small shop
    I'm a project manager myself
    I spoke to your manager yesterday
    I already talked to a supervisor
    the manager said it's fine
    your manager told me I could get it
    I don't want to speak to a manager
    no need to get your manager
    you don't have to call the manager
    Don't get your manager for that.
    can I talk to you
    can I speak to someone about my bill
    can I get a refund
    I can manage
    how do I manage my account
    is there someone who speaks Spanish
    that's fine
    who is this
    who's in the office today
    I want to see the management fees
    it's the manager's special I want
    what's the charge
""")

CANCEL = lines("""
    cancel it
    Cancel it, please.
    I want to cancel
    I'd like to cancel my subscription
    then just cancel the whole thing
    please cancel my order
    cancel my account
    Just cancel everything.
    I'm cancelling
    I'm canceling my subscription
    we're cancelling then
    I'll cancel then
    okay then I will cancel
    how do I cancel my subscription
    can you cancel my order
    Could you please cancel it?
    can you just cancel the rest
    can I cancel my contract
    I need to cancel
    I have decided to cancel
    I want to close my account
    close my account
    I'd like to end my contract
    I want to terminate the contract
    stop my subscription
    I want out of this contract
    unsubscribe me
    I'm leaving you
    I'm done with you guys
    I'll take my business elsewhere
    We're taking our business elsewhere.
    I'm going to a competitor
    I'm switching to another provider
    then I'll switch to another company
    I'll go somewhere else
    I'm going elsewhere then
    you just lost a customer
    I don't want the subscription anymore
    that's it I am cancelling my membership
""")
NO_CANCEL = lines("""
    I don't want to cancel
    I do not want to cancel my order
    I'm not going to cancel
    please don't cancel my order
    Don't cancel it.
    I never asked to cancel
    I didn't cancel anything
    you cancelled my order
    why did you cancel my order
    Did you cancel my booking?
    they cancelled my flight
    my flight was cancelled
    the train got canceled
    what's your cancellation policy
    is there a cancellation fee
    if I need to cancel can I get a refund
    what if I have to cancel
    What happens if I cancel?
    can I cancel later if it rains
    noise cancelling headphones
    they had to cancel my flight
    it was gone before I could cancel it
    I don't see how you couldn't cancel it in time
    somebody took money out of my account
    they will cancel my train
    I know you had to cancel my delivery
    I want the noise cancelling ones
    what time do you close
    when does the store close
    is the account still open
    I want to keep my subscription
    I want to stop by tomorrow
    I'd like to end on a good note
    we're leaving on Friday
    I'm leaving for work now
    I'm done
    do you have it somewhere else
    I'm moving to another city
    can I switch to another plan
    I want a refund
""")


@pytest.mark.parametrize("text", BACKCHANNEL)
def test_leaves_the_turn(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", NO_BACKCHANNEL)
def test_takes_the_turn(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize("text", WHY)
def test_asks_why(text: str) -> None:
    assert asks_why(text)


@pytest.mark.parametrize("text", NO_WHY)
def test_does_not_ask_why(text: str) -> None:
    assert not asks_why(text)


@pytest.mark.parametrize("text", REQUEST)
def test_is_request(text: str) -> None:
    assert is_request(text)


@pytest.mark.parametrize("text", NO_REQUEST)
def test_is_no_request(text: str) -> None:
    assert not is_request(text)


@pytest.mark.parametrize("text", MANAGER)
def test_asks_for_manager(text: str) -> None:
    assert asks_for_manager(text)


@pytest.mark.parametrize("text", NO_MANAGER)
def test_does_not_ask_for_manager(text: str) -> None:
    assert not asks_for_manager(text)


@pytest.mark.parametrize("text", CANCEL)
def test_wants_to_cancel(text: str) -> None:
    assert wants_to_cancel(text)


@pytest.mark.parametrize("text", NO_CANCEL)
def test_does_not_want_to_cancel(text: str) -> None:
    assert not wants_to_cancel(text)


def test_every_rule_has_its_table() -> None:
    tables = [BACKCHANNEL, NO_BACKCHANNEL, WHY, NO_WHY, REQUEST, NO_REQUEST, MANAGER, NO_MANAGER, CANCEL, NO_CANCEL]
    assert [len(table) >= 25 for table in tables] == [True] * 10
    assert [len(set(table)) for table in tables] == [len(table) for table in tables]


RULES = [is_backchannel, asks_why, asks_for_manager, wants_to_cancel]


@given(st.sampled_from(WHY + NO_WHY + MANAGER + NO_MANAGER + CANCEL + NO_CANCEL + BACKCHANNEL + NO_BACKCHANNEL))
def test_case_and_punctuation_do_not_matter(text: str) -> None:
    """A recogniser may write neither: what is asked stays the same. Only a request may rest on its "?"."""
    bare = text.lower().replace(".", "").replace(",", "").replace("?", "").replace("!", "").replace("-", " ")
    assert [rule(bare) for rule in RULES] == [rule(text) for rule in RULES]


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert {type(rule(text)) for rule in [*RULES, is_request]} == {bool}


@pytest.mark.parametrize(
    "text",
    [
        "can you please try",
        "is there really nothing you can do",
        "but I need it!",
        "can't you make an exception just this once?",
        "could you ask your manager about it",
        "is it possible to make an exception",
        "what about just this once",
        "mm okay",
    ],
)
def test_pressing_for_the_same_names_no_matter(text: str) -> None:
    assert not names_matter(text)


@pytest.mark.parametrize(
    "text",
    [
        "can I bring my dog?",
        "do you have them in blue",
        "how much is the bigger plan",
        "could you also change my address",
        "will you buy my old bike",
        "is parking included",
    ],
)
def test_a_request_of_its_own_names_its_matter(text: str) -> None:
    assert names_matter(text)


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("Half past eight is fine. By the way, can you bake a cake?", True),
        ("okay one more thing do you deliver", True),
        ("and also can i pay by card", True),
        ("while i'm on could you check my balance", True),
        ("can you at least take half of it off", False),
        ("is there no other way", False),
        ("can you check the other one", False),
    ],
)
def test_words_may_say_themselves_that_they_turn_to_another_matter(text: str, turns: bool) -> None:  # noqa: FBT001
    assert turns_to_another(text) is turns


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("That would be great. Can I still get the helmet for free?", True),
        ("that sounds fair do you have the blue jacket in a small", True),
        ("Perfect. And will you buy my old bike?", True),
        ("oh okay thanks what about the other one", True),
        ("yeah that works can you also change my address", True),
        ("i'll take that then is delivery free", True),
        ("that helps thank you do you open on sunday", True),
        ("great but can you do the saturday", False),
        ("that's fine but why can't you do the saturday", False),
        ("thanks for nothing can i speak to somebody else", False),
        ("that doesn't help me can you not send a driver", False),
        ("that's not good enough can you do better", False),
        ("this is not fair i want my money", False),
        ("it would help if you could send it on sunday", False),
        ("can you do it on sunday please", False),
        ("do that again and i'll leave", False),
        ("no thank you i want my money back", False),
        ("no thanks can i just have the refund please", False),
        ("thanks but can you do the saturday", False),
        ("that works but what about the saturday", False),
        ("that's okay but can you do the saturday", False),
        ("that's good for you what about my refund", False),
        ("that's perfectly useless i want a refund", False),
        ("that would be great if you could refund me please", False),
        ("it's only fair that i get my money back please", False),
        ("i'll take the refund please", False),
        ("let me have the saturday slot please", False),
        ("yeah please just give me the refund", False),
        ("thanks a lot for nothing what about my refund", False),
        ("that'll do me no good what about saturday", False),
        ("great you won't refund me so who will", False),
    ],
)
def test_a_customer_may_take_what_was_offered(text: str, taken: bool) -> None:  # noqa: FBT001
    assert accepts(text) is taken
