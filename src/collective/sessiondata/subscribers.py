"""Subscribers to events of the three objects: added, moved, copied, removed."""

from .browserid import BROWSER_ID_MANAGER
from .database import directory
from .http.traversal import unregister_session_hook
from .http.traversal import unregister_url_hook
from .interfaces import IBrowserIds
from .manager import SessionDataManager
from Acquisition import aq_inner
from Acquisition import aq_parent


def _folder_of(item):
    return aq_parent(aq_inner(item))


def _note_manager(manager):
    """Note in the browser id manager, if one is found, that ``manager`` uses its ids."""
    browser_ids = getattr(manager, BROWSER_ID_MANAGER, None)
    if IBrowserIds.providedBy(browser_ids):
        browser_ids.note_manager(manager)


def manager_added(manager, event):
    """Create the container of a new manager, and register its traversal hook.

    A copied or imported manager gets a new container, too: visitors of the original
    have no sessions in the copy.
    """
    manager.use_new_container()
    manager.updateTraversalData()
    _note_manager(manager)


def manager_moved(manager, event):
    """Note the new path of a manager that was moved, alone or with its site."""
    if event.newParent is None or event.oldParent is None:
        return
    directory.note_home(manager, manager.container_id)
    _note_manager(manager)
    if event.object is manager:
        unregister_session_hook(event.oldParent, event.oldName)
        manager.updateTraversalData()


def manager_removed(manager, event):
    """Remove the traversal hook and the container of a manager that is removed."""
    unregister_session_hook(_folder_of(manager), manager.getId())
    manager.drop_container()


def browser_ids_added(browser_ids, event):
    """Register the URL hook of a new browser id manager, and note its managers."""
    browser_ids.updateTraversalData()
    folder = _folder_of(browser_ids)
    for manager in folder.objectValues(SessionDataManager.meta_type):
        browser_ids.note_manager(manager)


def browser_ids_moved(browser_ids, event):
    """Move the URL hook with its browser id manager to another folder or id."""
    is_moved = event.oldParent is not None and event.newParent is not None
    if is_moved and event.object is browser_ids:
        unregister_url_hook(event.oldParent)
        browser_ids.updateTraversalData()


def browser_ids_removed(browser_ids, event):
    """Remove the URL hook of a browser id manager that is removed."""
    unregister_url_hook(_folder_of(browser_ids))


def container_moved(container, event):
    """List a container that was added to a folder, so that the housekeeper finds it."""
    if event.newParent is not None:
        directory.list_in_folder(container)


def container_copied(container, event):
    """Empty the copy of a container: its sessions belong to the original."""
    container.forget_all()


def container_removed(container, event):
    """Remove a container that leaves its folder from the list."""
    directory.unlist(container)
