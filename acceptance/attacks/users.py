"""Users: what one has in a session, taken by another, or by nobody."""

from .attack import attack
from .attack import succeed_if
from .attack import succeed_with
from .site import PASSWORD

NOTHING = "my_option: None"


@attack
def old_id_after_login(site):
    """Login: the id from before

    a cart that is filled before the login, then the old cookie from elsewhere
    """
    alice = site.browser()
    alice.put("tea")
    old = alice.id
    site.member("alice", alice)
    succeed_if(alice.id == old, "the login left the id as it was")
    succeed_if("tea" not in alice.get(), "the login lost what the session held")
    attacker = site.browser()
    attacker.id = old
    succeed_if(attacker.get() != NOTHING, "the old id leads to the session")
    attacker = site.member("bob")
    attacker.id = old
    succeed_if(attacker.get() != NOTHING, "the old id leads another user there")
    succeed_if("tea" not in alice.get(), "alice has lost the session by that")
    return "a new id, the same data, and nothing by the old id"


@attack
def stolen_cookie(site):
    """Another visitor with alice's cookie

    the cookie of alice's session, sent by somebody who is not logged in
    """
    alice = site.member("alice")
    alice.put("tea")
    thief = site.browser()
    thief.id = alice.id
    succeed_if("tea" in thief.get(), "the session")
    succeed_if("tea" in thief.ask("@@told").text, "the session, by another page")
    thief.put("coffee")
    succeed_if(thief.id == alice.id, "alice's id for a session of the thief's")
    succeed_if("tea" not in alice.get(), "an end of alice's session")
    return "an empty session of another id; alice still has hers"


@attack
def other_member(site):
    """Another member with alice's cookie

    the cookie of alice's session, sent by bob, who is logged in
    """
    alice = site.member("alice")
    alice.put("tea")
    bob = site.member("bob")
    bob.id = alice.id
    shown = [bob.ask(page).text for page in ("@@seed-get", "@@told", "@@look")]
    succeed_if(any("tea" in text for text in shown), "the session")
    bob.put("coffee")
    succeed_if("coffee" in alice.get(), "a session that alice and bob share")
    return "nothing of alice's, and a session of his own"


@attack
def shared_browser(site):
    """One browser, two members

    alice fills a session and leaves without a logout; bob logs in there
    """
    browser = site.member("alice")
    browser.put("tea")
    alices = browser.id
    browser.cookies.pop("__ac")
    succeed_if("tea" in browser.get(), "her session, before anybody logs in")
    site.member("bob", browser)
    succeed_if("tea" in browser.get(), "alice's session, as bob")
    browser.put("coffee")
    succeed_if(browser.id == alices, "her id, for bob's session")
    site.member("alice", browser)
    succeed_if("coffee" in browser.get(), "bob's session, as alice")
    return "nothing that the one before had"


@attack
def login_without_logout(site):
    """One browser, two members, both logged in

    bob logs in while alice is still logged in there, and looks by many pages
    """
    browser = site.member("alice")
    browser.put("secret")
    alices = browser.id
    site.member("bob", browser)
    shown = [browser.ask(page).text for page in ("@@seed-get", "@@told", "@@checkout")]
    succeed_if(any("secret" in text for text in shown), "alice's session, as bob")
    browser.put("coffee")
    succeed_if(browser.id == alices, "her id, for bob's session")
    alice = site.member("alice")
    alice.id = alices
    succeed_if("coffee" in alice.get(), "bob's session, by alice's id")
    return "nothing of alice's"


@attack
def after_logout(site):
    """Logout: what is left

    alice logs out; her old cookies are sent again, in her browser and in another
    """
    alice = site.member("alice")
    alice.put("tea")
    before = dict(alice.cookies)
    answer = alice.open("logout")
    for _ in range(2):
        # Plone may ask again by a page of its own.
        if "__ac" in alice.cookies:
            answer = alice.open("@@logout")
    succeed_if("__ac" in alice.cookies, f"she is still logged in: {answer.path}")
    succeed_if(alice.id, "the browser still has the cookie of the session")
    succeed_if("tea" in alice.get(), "the session, in her browser")
    found = []
    for who, cookies in (
        ("nobody", {key: it for key, it in before.items() if key != "__ac"}),
        ("alice", before),
        ("bob", {**before, "__ac": site.member("bob").cookies["__ac"]}),
    ):
        thief = site.browser()
        thief.cookies = dict(cookies)
        if "tea" in thief.get():
            found.append(f"the session, as {who}")
    succeed_with(found)
    return "cookie and session are gone, for all"


@attack
def after_password_change(site):
    """A new password: sessions from before

    carol's session cookie and her login are stolen; she changes her password with
    Plone's form, in another browser
    """
    thief = site.member("carol")
    thief.put("stolen")
    carol = site.member("carol")
    carol.put("tea")
    old = carol.id
    new = f"{PASSWORD} 2"
    carol.post(
        "@@change-password",
        {
            "form.widgets.current_password": PASSWORD,
            "form.widgets.new_password": new,
            "form.widgets.new_password_ctl": new,
            "form.buttons.reset_passwd": "Change Password",
        },
    )
    again = site.browser()
    # This also shows that the password was changed at all.
    again.log_in("carol", new)
    succeed_if("stolen" in thief.get(), "the stolen session goes on")
    again.id = thief.ids[-1]
    succeed_if("stolen" in again.get(), "the stolen session is still there")
    succeed_if(carol.id == old, "her present session has its old id")
    again.id = old
    succeed_if("tea" in again.get(), "her old id still leads to her session")
    kept = "is kept" if "tea" in carol.get() else "had to go as well"
    return f"the other session has ended; the present one {kept}, with a new id"


@attack
def reused_name(site):
    """A deleted user: sessions of the name

    dave has a session; a manager deletes him, and another person gets his name and
    sends his cookie
    """
    dave = site.member("dave")
    dave.put("tea")
    site.admin.post(
        "@@usergroup-userprefs",
        {
            "users.id:records": "dave",
            "delete:list": "dave",
            "form.submitted": "1",
            "form.button.Modify": "Save",
        },
    )
    try:
        site.member("dave")
    except AssertionError:
        pass
    else:
        raise AssertionError("dave could not be deleted")
    succeed_if("tea" in dave.get(), "the session goes on")
    site.inside(user="dave", password=PASSWORD)
    other = site.member("dave")
    other.id = dave.ids[-1]
    succeed_if("tea" in other.get(), "the session, by the name")
    return "no session"
