# mailboxes.py FILE N: the table of the bench as Kamailio's htable reads it.
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])
db.execute("create table version(table_name varchar(32), table_version integer)")
db.execute("create table um(id integer primary key autoincrement, key_name varchar(64), key_type integer, value_type integer, key_value varchar(128), expires integer)")
db.execute("insert into version values('um', 2)")
rows = (("%07d" % i, "legacy-um%d.corp.example.com" % (i % 2 + 1)) for i in range(int(sys.argv[2])))
db.executemany("insert into um(key_name, key_type, value_type, key_value, expires) values(?, 0, 0, ?, 0)", rows)
db.commit()
