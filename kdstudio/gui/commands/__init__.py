"""Every action of the window, once: menus, keys, palette and the list under F1 are made from what is listed here."""
