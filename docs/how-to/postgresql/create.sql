CREATE USER sessions WITH PASSWORD 'secret';
CREATE DATABASE sessions OWNER sessions ENCODING 'UTF8' TEMPLATE template0;
ALTER DATABASE sessions SET idle_in_transaction_session_timeout = '5min';
