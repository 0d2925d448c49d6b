"""The HTTP process: one app factory that gives every service the same edge."""

from chassis.http.app import create_http_app
from chassis.http.dependencies import Db, SnapshotConn, wait_preference

__all__ = ["Db", "SnapshotConn", "create_http_app", "wait_preference"]
