"""The HTTP process: one app factory that gives every service the same edge."""

from chassis.http.app import create_http_app
from chassis.http.dependencies import Db, Sealing, SnapshotConn, wait_preference

__all__ = ["Db", "Sealing", "SnapshotConn", "create_http_app", "wait_preference"]
